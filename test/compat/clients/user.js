'use strict';
// The verbs of a user of an SDK, the same for maxleap-im and for parley-im, and in Node (maxleap.js) and in a page (sdkpage.js). ML is
// what the SDK offers, common what each ML.im is given beside its user, cut what cuts the wires; emit reports what is heard.
function user(ML, { common, cut } = {}, emit) {
  // By the numbers of the protocol.
  const target = ['toFriend', 'toGroup', 'toRoom', 'toPassenger', 'toStranger'];
  const kind = ['text', 'image', 'audio', 'video'];

  let me;

  // socketOf is what lies below: of an SDK nobody reaches for it but a test.
  const socketOf = (im) => (im.cache ? im.cache.socketAgent.ws : im.connection.socket);

  // call gives what the SDK's function of that name hands to its callback: before and after are the arguments around it.
  function call(name, before, after = []) {
    return new Promise((resolve, reject) => {
      me[name](...before, (err, data) => (err ? reject(err) : resolve(data)), ...after);
    });
  }

  function start(options) {
    me = ML.im({ ...common, ...options }, (res) => emit('login', res));
    for (const on of ['onMessage', 'yourself', 'online', 'offline', 'sys']) {
      me[on]((data) => emit(on === 'onMessage' ? 'message' : on, data));
    }
    const socket = socketOf(me);
    for (const name of ['connect', 'disconnect', 'reconnect']) {
      socket.on(name, (arg) => emit(name, arg));
    }
  }

  const compose = (to, { media, body }) => me[target[to.type]](to.id)[kind[media]](body);

  return {
    version() { return ML.im.version; },

    // functions gives the names of all that an application may call or listen with.
    functions() {
      const made = ML.im({ ...common, appId: 'a', clientId: 'k', userId: 'u' }, () => {});
      socketOf(made).disconnect();
      const names = [];
      for (const name in made) if (typeof made[name] === 'function') names.push(name);
      return names;
    },

    // login starts the SDK as an application does; its callback comes as the event `login`.
    login(app, key, id) { start({ appId: app, clientId: key, userId: id }); },

    // say sends text by ok(), and what lies at a URL by send(): maxleap-im's ok() would upload it.
    say(to, content) {
      const said = compose(to, content);
      if (content.media === 0) said.ok(); else said.send();
    },

    // mediaUrl sends content that was uploaded before, of any kind; body may be any JSON.
    mediaUrl(to, content) { me[target[to.type]](to.id).mediaUrl(content).send(); },

    // sdk calls a REST function of the SDK.
    sdk: call,

    // sdkError calls one that must fail and gives what the application would get, as the text that maxleap-im gives.
    async sdkError(name, before) {
      let data;
      try { data = await call(name, before); } catch (err) { return String(err); }
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

    goodbye() { if (me.pause) me.pause(); else socketOf(me).disconnect(); },

    // drop ends the connection as a network does. When again is set the Socket.IO client comes back by itself, and sooner than the
    // second that is its default; else it stays away.
    drop(again) {
      const socket = socketOf(me);
      socket.io.reconnection(again);
      socket.io.reconnectionDelay(50);
      cut(socket);
    },

    // --- What parley-im alone has.

    // enter logs in by any options; `signedAt` is where the application signs, which it does instead of the page.
    enter({ signedAt, ...options }) {
      start(signedAt ? { ...options, signature: () => fetch(signedAt).then((res) => (res.ok ? res.text() : Promise.reject(res.status))) } : options);
      me.on('state', (state) => emit('state', state));
      for (const on of ['online_x', 'offline_x']) me.on(on, (id) => emit(on, id));
      socketOf(me).io.reconnectionDelay(50);
    },

    // tell says something and reports its states as `sending`, and how it ends as `sent` or `unsent`. It gives the message's id.
    tell(to, content, { id, remark, type } = {}) {
      const body = type ? new Blob([content.body], { type }) : content.body;
      const said = compose(to, { ...content, body });
      if (id) said.id(id);
      if (remark) said.remark(remark);
      const sending = said.ok();
      emit('sending', { id: sending.id, state: sending.state });
      sending.onstate = (state) => emit('sending', { id: sending.id, state });
      sending.then((sent) => emit('sent', sent), (err) => emit('unsent', { id: sending.id, code: err.code, temporary: err.temporary }));
      return sending.id;
    },

    // ask calls a function and gives what its promise comes to: what is answered, or an error's code and text.
    async ask(name, ...args) {
      try { return { answer: await me[name](...args) }; } catch (err) {
        return { code: err.code, temporary: err.temporary, message: err.message, isError: err instanceof Error, text: String(err) };
      }
    },

    // both calls a function with a callback, too, and gives what each of the two has heard.
    both(name, ...args) {
      return new Promise((resolve) => {
        const heard = {};
        const hears = (way, what) => {
          heard[way] = what;
          if (heard.callback && heard.promise) resolve(heard);
        };
        me[name](...args, (err, data) => hears('callback', err ? String(err) : { data })).then(
          (data) => hears('promise', { data }), (err) => hears('promise', String(err)),
        );
      });
    },

    state() { return { state: me.state, userId: me.userId }; },

    pause() { me.pause(); },

    resume() { me.resume(); },

    // duet lets two users of this one page talk, and gives who they are and what one heard of the other.
    async duet(app, key, one, other) {
      const enter = (id) => new Promise((resolve) => {
        const im = ML.im({ ...common, appId: app, clientId: key, userId: id }, (res) => resolve({ im, id: res.id }));
      });
      const [a, b] = await Promise.all([enter(one), enter(other)]);
      await a.im.addFriend(one, other);
      const heard = Promise.all([a, b].map(({ im }) => new Promise((resolve) => im.onMessage((m) => resolve(m.from.id + ': ' + m.content.body)))));
      await Promise.all([a.im.toFriend(other).text('from ' + one).ok(), b.im.toFriend(one).text('from ' + other).ok()]);
      return { ids: [a.id, b.id], heard: await heard };
    },
  };
}

if (typeof module !== 'undefined') module.exports = { user };
