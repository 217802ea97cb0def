'use strict';
// A puppet is one client in a process of its own, driven over stdin and stdout with one JSON object per line:
//
//   in   {"id":1,"do":"say","args":["jerry","hi"]}
//   out  {"id":1,"result":null}  or  {"id":1,"error":"text"}
//   out  {"event":"message","args":[{...}]}      whatever the client heard, in its order
//
// It ends when stdin does. After the verb `linger` it ends only by itself, that is when the client holds no socket
// and no timer any more: a client that means to reconnect never gets there.
const readline = require('readline');

function write(line) { process.stdout.write(JSON.stringify(line) + '\n'); }

// emit reports an event. Arguments that JSON cannot carry are reported as text.
function emit(event, ...args) {
  write({ event, args: args.map((a) => (a instanceof Error ? String(a) : a === undefined ? null : a)) });
}

// serve runs the puppet. Each verb takes the given arguments and returns its result or a promise of it.
function serve(verbs) {
  const lines = readline.createInterface({ input: process.stdin });
  const end = () => process.exit(0);
  const all = {
    ...verbs,
    linger() {
      lines.off('close', end);
      process.stdin.unref();
      process.once('beforeExit', () => emit('idle'));
    },
  };
  lines.on('close', end);
  lines.on('line', async (line) => {
    const { id, do: verb, args = [] } = JSON.parse(line);
    try {
      const result = await all[verb](...args);
      write({ id, result: result === undefined ? null : result });
    } catch (err) {
      write({ id, error: String(err && err.stack ? err.stack : err) });
    }
  });
}

module.exports = { emit, serve };
