import "./picks.js";
