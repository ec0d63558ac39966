/**
 * The page on which a one-time code becomes a session. The code stands behind the `#` of the link, so that no server,
 * proxy or log sees it in an address, and nothing that merely fetches the link (a preview, a prefetch) uses it up: only
 * the script of this page sends it. Plain files of our own, because it must work where the bundle does not.
 */
import type { SiteReply } from '../../shared/http/index.ts';
import { document } from './page.ts';

export function loginPage(basePath: string): SiteReply {
	return document(
		200,
		basePath,
		'Log in',
		[
			'<h1>Log in to the board</h1>',
			'<p>On the machine where Gangline runs, type <code>gangline board</code> and open the link that it prints. Or paste the code from the link here.</p>',
			'<form id="login" autocomplete="off">',
			'<label for="code">Code</label>',
			'<input id="code" name="code" type="password" spellcheck="false" autocapitalize="off" required aria-describedby="said">',
			'<button type="submit">Log in</button>',
			'</form>',
			'<p id="said" role="status" aria-live="polite"></p>',
			'<noscript><p>The board needs JavaScript.</p></noscript>',
		],
		['<script src="auth/login.js" defer></script>'],
	);
}

const plainCss = `:root { color-scheme: light dark; --text: #1c1e21; --back: #fafafa; --line: #767b83; --act: #1d4ed8; --on-act: #fff; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --text: #e8eaed; --back: #17191c; --line: #8d939c; --act: #9db8ff; --on-act: #10131a; --bad: #ffb4ab; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 36rem; margin: 10vh auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; line-height: 1.25; }
pre, code { font-family: ui-monospace, monospace; font-size: 0.95em; }
pre { padding: 0.75rem; border: 1px solid var(--line); border-radius: 0.375rem; white-space: pre-wrap; overflow-wrap: anywhere; }
form { display: grid; gap: 0.5rem; margin: 1.5rem 0; }
input, button { min-height: 2.75rem; padding: 0.5rem 0.75rem; border-radius: 0.375rem; border: 1px solid var(--line); font: inherit; color: inherit; background: transparent; }
button { border-color: var(--act); background: var(--act); color: var(--on-act); cursor: pointer; }
:focus-visible { outline: 3px solid var(--act); outline-offset: 2px; }
.bad { color: var(--bad); }
`;

const loginJs = `const form = document.getElementById('login');
const field = document.getElementById('code');
const said = document.getElementById('said');
const at = (path) => new URL(path, document.baseURI);
const say = (words, isBad) => { said.textContent = words; said.className = isBad ? 'bad' : ''; };

function next() {
	const wanted = new URLSearchParams(location.search).get('next') ?? '';
	const base = at('.');
	const target = new URL(wanted, base);
	const isOurs = target.origin === base.origin && target.pathname.startsWith(base.pathname);
	return isOurs ? target : base;
}

async function send(code) {
	say('Logging in …', false);
	try {
		const response = await fetch(at('auth/login'), {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ code }),
		});
		if (response.ok) return location.replace(next());
		const { error } = await response.json();
		say(error.message + (error.hint ? '. ' + error.hint : ''), true);
	} catch {
		say('The gateway does not answer. Does it run? gangline gateway status', true);
	}
	field.value = '';
	field.focus();
}

function codeIn(text) {
	const hash = text.includes('#') ? text.slice(text.indexOf('#') + 1) : text;
	return hash.trim();
}

form.addEventListener('submit', (event) => {
	event.preventDefault();
	send(codeIn(field.value));
});

function sendFragment() {
	const code = codeIn(location.hash);
	if (code === '') return;
	history.replaceState(null, '', location.pathname + location.search);
	send(code);
}
addEventListener('hashchange', sendFragment);
sendFragment();
`;

const files: Readonly<Record<string, readonly [type: string, text: string]>> = {
	'/auth/plain.css': ['text/css; charset=utf-8', plainCss],
	'/auth/login.js': ['text/javascript; charset=utf-8', loginJs],
};

/** The files of the plain pages; null for any other path. */
export function plainFile(path: string): SiteReply | null {
	const found = Object.hasOwn(files, path) ? files[path] : undefined;
	if (found === undefined) return null;
	const [type, body] = found;
	return { status: 200, headers: { 'content-type': type, 'cache-control': 'no-cache' }, body };
}
