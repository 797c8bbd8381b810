module.exports = { entry: "./main.js", devtool: false };
