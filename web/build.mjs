// Builds the pages and the SDK into dist, which the server embeds: node build.mjs. Dist is there as a whole or not at all.
import { build } from 'esbuild';
import { chmod, cp, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, 'dist');
const made = await mkdtemp(join(here, 'dist-'));

const common = { bundle: true, minify: true, target: 'es2022', legalComments: 'none', logLevel: 'warning', absWorkingDir: here };
try {
  await Promise.all([
    build({ ...common, entryPoints: ['../sdk/js/src/global.ts'], format: 'iife', target: 'es2020', outfile: join(made, 'sdk/ML.im.js') }),
    build({ ...common, entryPoints: ['../sdk/js/src/index.ts'], format: 'esm', target: 'es2020', outfile: join(made, 'sdk/ML.im.esm.js') }),
    build({ ...common, entryPoints: ['chat/main.ts'], format: 'esm', outfile: join(made, 'chat.js') }),
    build({ ...common, entryPoints: ['chat/style.css'], outfile: join(made, 'chat.css') }),
    cp(join(here, 'chat/index.html'), join(made, 'index.html')),
    cp(join(here, 'chat/icon.svg'), join(made, 'icon.svg')),
  ]);
  await chmod(made, 0o755); // a directory for a while is its maker's alone
  await cp(join(dist, '.gitignore'), join(made, '.gitignore'));
  await rename(dist, made + '.old');
  await rename(made, dist);
} finally {
  for (const name of await readdir(here)) {
    if (name.startsWith('dist-')) await rm(join(here, name), { recursive: true });
  }
}
