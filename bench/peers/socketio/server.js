// A Socket.IO server with rooms and nothing else, for bench/peers: node server.js HOST PORT.
const { createServer } = require("node:http");
const { Server } = require("socket.io");

const [host, port] = process.argv.slice(2);
const http = createServer((_, answer) => answer.end());
const io = new Server(http, { transports: ["websocket"], perMessageDeflate: false, serveClient: false });

io.on("connection", (socket) => {
  socket.on("join", (room) => socket.join(room));
  socket.on("leave", (room) => socket.leave(room));
  socket.on("say", (room, body) => socket.to(room).emit("message", body));
});

process.on("SIGTERM", () => process.exit(0));
http.listen(Number(port), host);
