/**
 * Frames of the board as a person sees them, by the clock: while a lane of 5,000 items is scrolled, a card is dragged over
 * it, and a log of 100,000 lines is scrolled. Each sample is the ninety-fifth of a hundred frames of one round. It needs
 * Chromium and a display's time for each frame: on a busy machine it says how busy that is.
 */
import type { Page } from 'playwright-core';
import { z } from 'zod';
import { crowdAt, crowdItems, crowdLines, dragAbout } from '../support/board-crowd.ts';
import { boardWorld } from '../support/board-world.ts';
import { isChromiumHere } from '../support/browser.ts';
import { type BenchResult, figuresOf, judged, quantile } from './result.ts';
import type { BenchOptions } from './run.ts';

const frameMsMax = 32;

export async function measureBoard({ quick }: BenchOptions): Promise<readonly BenchResult[]> {
	if (!isChromiumHere()) {
		console.error('board: left out, it needs Chromium (apt-get install chromium)');
		return [];
	}
	// Odd: up and down by turns, the lane and the log end where their first round left them.
	const rounds = quick ? 3 : 9;
	await using board = await boardWorld();
	await board.world.add(board.shop, 'Say hello', 'echo hello; echo hello > hello.txt');
	await board.world.untilBoard(board.shop, ({ items }) => items.some(({ stage }) => stage === 'reviewHold'));
	const { page } = await board.visitor();
	const crowd = await crowdAt(page, board);
	const lane = await crowd.showLane();
	const scrolled = await repeated(rounds, async (round) => {
		await lane.hover();
		return framesOf(page, () => wheel(page, round % 2 === 0 ? 400 : -400));
	});
	const dragged = await repeated(rounds, () => framesOf(page, () => dragAbout(page, lane)));
	const log = await crowd.showLog();
	const read = await repeated(rounds, async (round) => {
		await log.hover();
		return framesOf(page, () => wheel(page, round % 2 === 0 ? -600 : 600));
	});
	return [
		resultOf(`board: frames while ${crowdItems} items are scrolled`, scrolled),
		resultOf(`board: frames while a card is dragged over ${crowdItems}`, dragged),
		resultOf(`board: frames while ${crowdLines} lines of a log are scrolled`, read),
	];
}

function resultOf(name: string, samples: readonly number[]): BenchResult {
	const goals = [{ of: 'p50', atMost: frameMsMax }] as const;
	return judged({ name, unit: 'ms, the 95th of 100', ours: figuresOf(samples), goals });
}

async function repeated(rounds: number, once: (round: number) => Promise<readonly number[]>): Promise<number[]> {
	// The first draws what all others find drawn.
	await once(0);
	const samples: number[] = [];
	for (let round = 1; round <= rounds; round += 1) {
		samples.push(
			quantile(
				[...(await once(round))].sort((a, b) => a - b),
				0.95,
			),
		);
	}
	return samples;
}

async function wheel(page: Page, by: number): Promise<void> {
	for (let turns = 0; turns < 60; turns += 1) await page.mouse.wheel(0, by);
}

/** The distances of the frames that the page draws while `act` runs, ms. */
async function framesOf(page: Page, act: () => Promise<void>): Promise<readonly number[]> {
	await page.evaluate(`{
		const at = [];
		const next = (now) => { at.push(now); window.frames_ = { at, id: requestAnimationFrame(next) }; };
		window.frames_ = { at, id: requestAnimationFrame(next) };
	}`);
	await act();
	const at = z.array(z.number()).parse(await page.evaluate('(cancelAnimationFrame(frames_.id), frames_.at)'));
	return at.slice(1).map((now, index) => now - (at[index] ?? now));
}
