'use strict';
// The unmodified maxleap-im SDK as a puppet. Run it with --require ./redirect.js, since the SDK's host is built in.
// One user per process: the SDK keeps one socket per host and page.
const { drop } = require('./wires');
require('maxleap-im'); // it names itself ML.im
const { emit, serve } = require('./puppet');

// By the numbers of the protocol.
const target = ['toFriend', 'toGroup', 'toRoom'];
const kind = ['text', 'image', 'audio', 'video'];

let me;

// call gives what the SDK's function of that name hands to its callback: before and after are the arguments around it.
function call(name, before, after = []) {
  return new Promise((resolve, reject) => {
    me[name](...before, (err, data) => (err ? reject(err) : resolve(data)), ...after);
  });
}

serve({
  version() { return ML.im.version; },

  // functions gives the names of all that an application may call or listen with.
  functions() {
    const made = ML.im({ appId: 'a', clientId: 'k', userId: 'u' }, () => {});
    made.cache.socketAgent.ws.disconnect();
    const names = [];
    for (const name in made) if (typeof made[name] === 'function') names.push(name);
    return names;
  },

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

  // say sends text by ok(), and what lies at a URL by send(): ok() would upload it.
  say(to, { media, body }) {
    const said = me[target[to.type]](to.id)[kind[media]](body);
    if (media === 0) said.ok(); else said.send();
  },

  // mediaUrl sends content that was uploaded before, of any kind; body may be any JSON.
  mediaUrl(to, content) { me[target[to.type]](to.id).mediaUrl(content).send(); },

  // sdk calls a REST function of the SDK.
  sdk: call,

  // sdkError calls one that must fail and gives what the application would get.
  async sdkError(name, before) {
    let data;
    try { data = await call(name, before); } catch (err) { return err; }
    throw new Error(name + ' succeeded: ' + JSON.stringify(data));
  },

  // welcome makes rooms and takes the newcomers into each, one after the other; in the callback of each call it says
  // to the room who came. It gives the rooms' ids, and who came late: the server waits until all know for a second at most.
  async welcome(rooms, newcomers) {
    const ids = [];
    const late = [];
    for (let i = 0; i < rooms; i++) {
      const room = await call('addRoom', [{ name: 'room ' + i, members: [me.cache.options.userId] }]);
      for (const one of newcomers) {
        await new Promise((resolve, reject) => {
          const began = Date.now();
          me.addRoomMembers(room, { members: [one] }, (err) => {
            if (err) { reject(err); return; }
            if (Date.now() - began >= 900) late.push(room + ' ' + one);
            me.toRoom(room).text('welcome ' + one).ok();
            resolve();
          });
        });
      }
      ids.push(room);
    }
    return { ids, late };
  },

  goodbye() { me.cache.socketAgent.ws.disconnect(); },

  drop(again) { drop(me.cache.socketAgent.ws, again); },
});
