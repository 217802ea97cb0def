'use strict';
// The verbs of a bare socket.io-client, the same in Node (socketio.js) and in a page (page.js): io is the client, 1.x to
// 4.x, url the server's, transports those that it may use. emit reports what it hears.
function verbs(io, { url, transports, modern }, emit) {
  let socket;

  function open(query, auth) {
    socket = io(url + '/chat', {
      transports, forceNew: true, query, auth, reconnectionDelay: 50, reconnectionDelayMax: 200,
    });
    for (const name of ['login', 'message', 'yourself', 'ack', 'sys', 'online', 'offline',
      'connect', 'disconnect', 'reconnect', 'connect_error']) {
      socket.on(name, (arg) => emit(name, arg));
    }
  }

  return {
    // login opens the socket with the login JSON in the query, as the SDKs do. 3.x and later encode a query object by
    // themselves; 1.x and 2.x take the query as text and encode it from there.
    login(app, sign, user) {
      const auth = JSON.stringify({ app, sign, client: user });
      open(modern ? { auth } : 'auth=' + encodeURIComponent(auth));
    },

    // loginByAuth is for 3.x and later: the same fields in the CONNECT packet, through the client's `auth` option.
    loginByAuth(app, sign, user) { open(undefined, { app, sign, client: user }); },

    // emit sends a `say`; its argument is an object or a JSON text.
    emit(arg) { socket.emit('say', arg); },

    // ask sends a `say` and gives what the server acknowledged it with.
    ask(arg) { return new Promise((resolve) => socket.emit('say', arg, (...answer) => resolve(answer))); },

    // transport names the one that packets go by; a client that upgrades has two, one after the other.
    transport() { return socket.io.engine && socket.io.engine.transport ? socket.io.engine.transport.name : ''; },

    goodbye() { socket.disconnect(); },

    // again comes back after goodbye.
    again() { socket.connect(); },

    // drop ends the connection as a network does; when again is set the client comes back by itself, and sooner than the
    // second that is its default. cut cuts the wires, which a page cannot: there the engine is told so.
    drop(again, cut) {
      socket.io.reconnection(again);
      socket.io.reconnectionDelay(50);
      if (cut) cut(); else socket.io.engine.transport.onError('cut by the test');
    },
  };
}

if (typeof module !== 'undefined') module.exports = { verbs };
