import { el, put } from './dom.js';
import { language, languages, problem, speak, t, type Language } from './i18n.js';
import { alerted } from './media.js';
import { demo, type Account } from './session.js';

/** What the server takes for a user's id. */
export const namePattern = '[A-Za-z0-9_\\-]{1,128}';

/** loginPage asks who logs in. last is who was not let in, if somebody was not, and failed why. */
export async function loginPage(root: HTMLElement, done: (a: Account) => void, last?: Account, failed?: { code?: number }): Promise<void> {
  const app = await demo();
  const show = (): void => {
    const name = el('input', {
      type: 'text', required: true, maxLength: 128, value: last?.name ?? '', title: t.namePattern, autocomplete: 'username', spellcheck: false,
      attrs: { pattern: namePattern, autocapitalize: 'off', 'aria-describedby': 'name-hint' },
    });
    const appId = el('input', { type: 'text', required: true, value: last?.appId ?? '', autocomplete: 'off', spellcheck: false, attrs: { 'aria-describedby': 'keys-hint' } });
    const key = el('input', { type: 'password', required: true, autocomplete: 'off' });
    const submit = (): void => done({ appId: app?.appId ?? appId.value.trim(), key: app?.key ?? key.value.trim(), name: name.value });
    const select = el(
      'select', { attrs: { 'aria-label': t.language }, on: { change: () => (speak(select.value as Language), show()) } },
      ...Object.entries(languages).map(([value, text]) => el('option', { value, textContent: text, lang: value, selected: value === language() })),
    );
    put(
      root,
      card(
        el(
          'form', { on: { submit: (e: SubmitEvent) => (e.preventDefault(), submit()) } },
          el('div', {}, el('label', {}, el('span', { textContent: t.name }), name), el('p', { class: 'hint', id: 'name-hint', textContent: t.nameHint })),
          !app && el('div', {}, el('label', {}, el('span', { textContent: t.appId }), appId), el('p', { class: 'hint', id: 'keys-hint', textContent: t.keysHint })),
          !app && el('label', {}, el('span', { textContent: t.appKey }), key),
          failed && alerted((failed.code !== undefined && t.loginErrors[failed.code]) || problem(failed)),
          el('button', { class: 'primary wide', type: 'submit', textContent: t.logIn }),
        ),
        el('div', { class: 'language' }, select),
      ),
    );
    name.focus();
  };
  show();
}

/** card is what is shown while nobody is logged in. */
export function card(...content: HTMLElement[]): HTMLElement {
  return el(
    'main', { class: 'login' },
    el('div', { class: 'card' }, el('header', {}, el('img', { src: '/icon.svg', alt: '' }), el('div', {}, el('h1', { textContent: t.appName }), el('p', { class: 'hint', textContent: t.tagline }))), ...content),
  );
}
