'use strict';
// The unmodified maxleap-im SDK as a puppet. Run it with --require ./redirect.js, since the SDK's host is built in.
// One user per process: the SDK keeps one socket per host and page.
require('maxleap-im'); // it names itself ML.im
const { emit, serve } = require('./puppet');

let me;

serve({
  // login starts the SDK as an application does; its callback comes as the event `login`.
  login(app, key, user) {
    me = ML.im({ appId: app, clientId: key, userId: user }, (res) => emit('login', res));
    for (const on of ['onMessage', 'yourself', 'online', 'offline', 'sys']) {
      me[on]((data) => emit(on === 'onMessage' ? 'message' : on, data));
    }
    const socket = me.cache.socketAgent.ws;
    for (const name of ['connect', 'disconnect', 'reconnect']) {
      socket.on(name, (arg) => emit(name, arg));
    }
  },

  say(friend, body) { me.toFriend(friend).text(body).ok(); },

  // media sends content that was uploaded before; body may be any JSON.
  media(friend, media, body) { me.toFriend(friend).mediaUrl({ media, body }).send(); },

  // sdk calls a REST function of the SDK: before and after are the arguments around its callback.
  sdk(name, before, after) {
    return new Promise((resolve, reject) => {
      me[name](...before, (err, data) => (err ? reject(err) : resolve(data)), ...after);
    });
  },

  // sdkError calls one that must fail and gives what the application would get.
  sdkError(name, before) {
    return new Promise((resolve, reject) => {
      me[name](...before, (err) => (err ? resolve(err) : reject(new Error(name + ' succeeded'))));
    });
  },
});
