/** An answer that broke off on its way is told from one that a newer gateway gives. */
import { expect, it } from 'vitest';
import { bodyIn } from '../../../gateway/web/browser/answer.ts';

const answer = (body: () => Promise<unknown>) => ({ json: body });

it('says that the answer broke off where its body did', async () => {
	const broken = answer(() => Promise.reject(new TypeError('network error')));
	await expect(bodyIn(broken)).rejects.toMatchObject({
		code: 'NOT_RUNNING',
		message: expect.stringContaining('broke off'),
	});
});

it('takes what is no JSON for nothing, as the page of a proxy', async () => {
	expect(await bodyIn(new Response('<html>502</html>'))).toBeNull();
	expect(await bodyIn(new Response('{"a":1}'))).toEqual({ a: 1 });
});
