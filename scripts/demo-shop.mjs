/** The repository and the five items of the demo: a small shop in plain JavaScript, tested by Node's own runner. */

const goods = [
	'apple',
	'bread',
	'candle',
	'dates',
	'eggs',
	'flour',
	'ginger',
	'honey',
	'ink',
	'jam',
	'kettle',
	'lemon',
];
const rooms = ['till', 'window', 'cellar'];

const module_ = (good, room) => `import { formatPrice } from '../money.js'
import { label } from 'tinylabel'

export function ${good}In${room[0].toUpperCase()}${room.slice(1)}(cents) {
  return label('${good}') + ': ' + formatPrice(cents)
}
`;

const tinyLabel = (version, body) => ({
	[`vendor/tinylabel-${version}/package.json`]: `${JSON.stringify({ name: 'tinylabel', version, type: 'module', main: 'index.js' }, null, '\t')}\n`,
	[`vendor/tinylabel-${version}/index.js`]: `export const label = (word) => ${body};\n`,
});

/** Path → text. */
export function shop() {
	const files = {
		'package.json': `${JSON.stringify(
			{
				name: 'corner-shop',
				version: '1.0.0',
				private: true,
				type: 'module',
				scripts: { lint: 'node tools/lint.mjs', test: 'node --test' },
				dependencies: { tinylabel: 'file:vendor/tinylabel-1.0.0' },
			},
			null,
			'\t',
		)}\n`,
		'.gitignore': 'node_modules/\n',
		'README.md': '# Corner shop\n\nPrices for the till, the window and the cellar.\n',
		...tinyLabel('1.0.0', 'word'),
		...tinyLabel('1.1.0', 'word[0].toUpperCase() + word.slice(1)'),
		'src/money.js': `export function formatPrice(cents) {
  return (Math.floor(cents / 10) / 10).toFixed(2)
}
`,
		'tools/lint.mjs': `import { readdirSync, readFileSync } from 'node:fs';

const files = readdirSync('src', { recursive: true }).filter((name) => name.endsWith('.js'));
const faults = files.filter((name) => /\\t|[ \\t]+$/m.test(readFileSync('src/' + name, 'utf8')));
if (faults.length > 0) {
	console.error('tabs or trailing spaces in ' + faults.join(', '));
	process.exit(1);
}
console.log(files.length + ' files are tidy');
`,
		'tools/format.mjs': `import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

for (const name of readdirSync('src', { recursive: true })) {
	if (!name.endsWith('.js')) continue;
	const text = readFileSync('src/' + name, 'utf8');
	writeFileSync('src/' + name, text.replace(/^(.*[^\\s{};,])$/gm, '$1;'));
}
`,
		'test/money.test.js': `import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

const source = readFileSync(new URL('../src/money.js', import.meta.url), 'utf8');
const [, name] = /export function (\\w+)/.exec(source);
const money = (await import('../src/money.js'))[name];

test('whole amounts have two digits', () => assert.equal(money(300), '3.00'));
test('nothing costs nothing', () => assert.equal(money(0), '0.00'));
`,
	};
	for (const room of rooms) for (const good of goods) files[`src/${room}/${good}.js`] = module_(good, room);
	files['test/shop.test.js'] = `import assert from 'node:assert/strict';
import test from 'node:test';
import { appleInTill } from '../src/till/apple.js';

test('the till shows what and how much', () => assert.match(appleInTill(300), /^apple: 3\\.00$/i));
`;
	return files;
}

/** In the order of their numbers. Each script is what an agent would do, written down. */
export const items = [
	{
		title: 'Prices are rounded down to ten cents',
		type: 'bug',
		script: `cat >> test/money.test.js <<'TEST'
test('cents are kept', () => assert.equal(money(1999), '19.99'));
TEST
sed -i 's|(Math.floor(cents / 10) / 10).toFixed(2)|(cents / 100).toFixed(2)|' src/money.js`,
	},
	{
		title: 'Rename formatPrice to formatMoney',
		type: 'refactor',
		script: `sleep 1
grep -rl formatPrice src | xargs sed -i 's/formatPrice/formatMoney/g'`,
	},
	{
		title: 'Use tinylabel 1.1.0',
		type: 'refactor',
		script: `sed -i 's|file:vendor/tinylabel-1.0.0|file:vendor/tinylabel-1.1.0|' package.json
npm install --package-lock-only --offline --no-audit --no-fund --loglevel=error`,
	},
	{
		title: 'End statements with semicolons',
		type: 'refactor',
		script: `sleep 1
node tools/format.mjs`,
	},
	{
		title: 'Discounts',
		type: 'story',
		script: `cat > test/discount.test.js <<'TEST'
import assert from 'node:assert/strict';
import test from 'node:test';
import { discounted } from '../src/discount.js';

test('a tenth off', () => assert.equal(discounted(1000, 10), 900));
test('never below nothing', () => assert.equal(discounted(1000, 150), 0));
TEST
if [ -s "\${GANGLINE_LAST_FAILURE:-}" ]; then
	# The second try has read what failed: the discount went below nothing.
	body='Math.max(0, cents - (cents * percent) / 100)'
else
	body='cents - (cents * percent) / 100'
fi
printf 'export function discounted(cents, percent) {\\n  return %s;\\n}\\n' "$body" > src/discount.js`,
	},
];
