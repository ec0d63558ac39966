/**
 * A small project with tests, for stories in which tests matter: `npm test` runs a runner of its own that knows `test`,
 * `test.only` and `test.skip`, takes no time, and ends with the words that a known runner ends with.
 */
const runner = `import { readdirSync } from 'node:fs';
const tests = [];
const add = (more) => (name, run) => void tests.push({ name, run, ...more });
globalThis.test = Object.assign(add({}), { skip: add({ skip: true }), only: add({ only: true }) });
for (const file of readdirSync('test').sort()) await import(new URL('test/' + file, import.meta.url));
const chosen = tests.some(({ only }) => only) ? tests.filter(({ only }) => only) : tests;
const count = { passing: 0, pending: 0, failing: 0 };
for (const { name, run, skip } of chosen) {
	if (skip) { count.pending += 1; continue; }
	try { await run(); count.passing += 1; } catch (error) { count.failing += 1; console.log(name + ': ' + error.message); }
}
console.log('\\n  ' + count.passing + ' passing (1ms)');
if (count.pending) console.log('  ' + count.pending + ' pending');
if (count.failing) console.log('  ' + count.failing + ' failing');
process.exit(count.failing ? 1 : 0);
`;

const price = `import assert from 'node:assert';
import { price } from '../price.mjs';
test('whole', () => assert.equal(price(300), '3.00'));
test('cents', () => assert.equal(price(305), '3.05'));
`;

const cart = `import assert from 'node:assert';
import { price } from '../price.mjs';
test('nothing', () => assert.equal(price(0), '0.00'));
test('much', () => assert.equal(price(1e6), '10000.00'));
`;

export const testedShop: Readonly<Record<string, string>> = {
	'package.json': `${JSON.stringify({ name: 'shop', private: true, scripts: { test: 'node run-tests.mjs' } }, null, 2)}\n`,
	'run-tests.mjs': runner,
	'price.mjs': 'export const price = (cents) => (cents / 100).toFixed(2);\n',
	'test/price.test.mjs': price,
	'test/cart.test.mjs': cart,
	'README.md': '# shop\n',
};
