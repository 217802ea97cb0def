// For pages that load the SDK by a script element: `ML.im(...)`, as with the old one.
import { im, sign, IMError } from './index.js';

const ml = ((globalThis as { ML?: Record<string, unknown> }).ML ??= {});
Object.assign(ml, { im, sign, IMError });
