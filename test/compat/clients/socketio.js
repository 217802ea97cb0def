'use strict';
// A bare socket.io-client as a puppet: node socketio.js PACKAGE, with PARLEY_ADDR (host:port) in the environment.
const { drop } = require('./wires');
const io = require(process.argv[2]);
const { emit, serve } = require('./puppet');

let socket;

// 4.x encodes a query object by itself; 1.x and 2.x take the query as text and encode it from there.
const modern = process.argv[2].endsWith('-4');

function open(query, auth) {
  socket = io('http://' + process.env.PARLEY_ADDR + '/chat', {
    transports: ['websocket'], forceNew: true, query, auth, reconnectionDelay: 50, reconnectionDelayMax: 200,
  });
  for (const name of ['login', 'message', 'yourself', 'ack', 'sys', 'online', 'offline',
    'connect', 'disconnect', 'reconnect', 'connect_error']) {
    socket.on(name, (arg) => emit(name, arg));
  }
}

serve({
  // login opens the socket with the login JSON in the query, as the SDKs do.
  login(app, sign, user) {
    const auth = JSON.stringify({ app, sign, client: user });
    open(modern ? { auth } : 'auth=' + encodeURIComponent(auth));
  },

  // loginByAuth is for 4.x: the same fields in the CONNECT packet, through the client's `auth` option.
  loginByAuth(app, sign, user) { open(undefined, { app, sign, client: user }); },

  // emit sends a `say`; its argument is an object or a JSON text.
  emit(arg) { socket.emit('say', arg); },

  // ask sends a `say` and gives what the server acknowledged it with.
  ask(arg) { return new Promise((resolve) => socket.emit('say', arg, (...answer) => resolve(answer))); },

  goodbye() { socket.disconnect(); },

  drop(again) { drop(socket, again); },
});
