// A site of files alone: picks need no server.
export default { output: "export" };
