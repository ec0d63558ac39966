/**
 * Moves among cards by keyboard: j and k within a lane, h and l between lanes, m for a card's menu. Who has a card under
 * the keys keeps it there when it goes to another lane, where it is drawn anew and the browser would forget the focus.
 */
import { type RefObject, useEffect, useRef } from 'react';
import { tinykeys } from 'tinykeys';
import type { ItemAnswer } from '../../../../shared/operations/index.ts';
import { type Lane, lanes } from '../../model/lanes.ts';
import { unlessWriting } from '../../ui/keys.tsx';

type ByLane = Readonly<Record<Lane, readonly ItemAnswer[]>>;
interface At {
	readonly lane: Lane;
	readonly index: number;
}

export function useLaneKeys(view: RefObject<HTMLElement | null>, byLane: ByLane): void {
	const latest = useRef(byLane);
	latest.current = byLane;
	useEffect(() => {
		const go = (step: (at: At, byLane: ByLane) => At) => (event: KeyboardEvent) =>
			unlessWriting(event, () => {
				const at = focused(latest.current) ?? { lane: 'needsYou', index: -1 };
				focusCard(view.current, step(at, latest.current), latest.current);
			});
		const down = go(({ lane, index }) => ({ lane, index: index + 1 }));
		const up = go(({ lane, index }) => ({ lane, index: index - 1 }));
		const left = go((at, by) => beside(at, by, -1));
		const right = go((at, by) => beside(at, by, 1));
		return tinykeys(window, {
			...{ j: down, ArrowDown: down, k: up, ArrowUp: up },
			...{ h: left, ArrowLeft: left, l: right, ArrowRight: right },
			m: (event) => {
				const card = document.activeElement?.closest('.card');
				if (card) unlessWriting(event, () => card.querySelector<HTMLElement>('.menu-button')?.click());
			},
		});
	}, [view]);
	useFollowedCard(view, byLane);
}

interface Held {
	readonly key: string;
	readonly lane: string | undefined;
}

/** The focus goes with a card into another lane; where it was only scrolled out of sight, nothing is brought back. */
function useFollowedCard(view: RefObject<HTMLElement | null>, byLane: ByLane): void {
	const held = useRef<Held | null>(null);
	useEffect(() => {
		const take = ({ target }: Event): void => {
			if (!(target instanceof Element) || target.closest('dialog, [role="menu"]')) return;
			const key = target.closest<HTMLElement>('.card')?.dataset.key;
			const lane = target.closest<HTMLElement>('[data-lane-list]')?.dataset.laneList;
			held.current = key === undefined ? null : { key, lane };
		};
		// A click beside everything takes the focus away without giving it to anything.
		const events = ['focusin', 'pointerdown'] as const;
		for (const event of events) document.addEventListener(event, take);
		return () => {
			for (const event of events) document.removeEventListener(event, take);
		};
	}, []);
	// After every drawing: the card may have gone while a dialog about it was open.
	useEffect(() => {
		if (held.current === null || document.activeElement !== document.body) return;
		const at = placeOf(held.current.key, byLane);
		if (at !== null && at.lane !== held.current.lane) focusCard(view.current, at, byLane);
	});
}

function focused(byLane: ByLane): At | null {
	const key = document.activeElement?.closest<HTMLElement>('.card')?.dataset.key;
	return key === undefined ? null : placeOf(key, byLane);
}

function placeOf(key: string, byLane: ByLane): At | null {
	for (const lane of lanes) {
		const index = byLane[lane].findIndex((item) => item.key === key);
		if (index >= 0) return { lane, index };
	}
	return null;
}

/** The next lane in that direction that has cards. */
function beside({ lane, index }: At, byLane: ByLane, step: 1 | -1): At {
	for (let at = lanes.indexOf(lane) + step; at >= 0 && at < lanes.length; at += step) {
		const other = lanes[at];
		if (other && byLane[other].length > 0) return { lane: other, index: Math.max(0, index) };
	}
	return { lane, index };
}

function focusCard(view: HTMLElement | null, { lane, index }: At, byLane: ByLane): void {
	const full = byLane[lane].length > 0 ? lane : (lanes.find((one) => byLane[one].length > 0) ?? lane);
	const to = Math.min(Math.max(0, index), byLane[full].length - 1);
	const item = byLane[full][to];
	const list = view?.querySelector(`[data-lane-list="${full}"]`);
	if (!item || !list) return;
	const focus = (): boolean => {
		const link = list.querySelector<HTMLElement>(`.card[data-key="${CSS.escape(item.key)}"] a.title`);
		link?.focus();
		return link != null;
	};
	if (focus()) return;
	// It is out of sight and therefore not drawn: the list brings it first.
	list.dispatchEvent(new CustomEvent('bring', { detail: to }));
	requestAnimationFrame(() => requestAnimationFrame(focus));
}
