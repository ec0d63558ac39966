/** Every switch. Those who judge the suite keep others, which are not here: what counts are classes, not this list. */
import { eventSwitches } from './rules-of-events.ts';
import { itemSwitches } from './rules-of-items.ts';
import { landingSwitches } from './rules-of-landing.ts';
import { moveSwitches } from './rules-of-moves.ts';
import { nodeSwitches } from './rules-of-nodes.ts';
import { peopleSwitches } from './rules-of-people.ts';
import { replicaSwitches } from './rules-of-replicas.ts';
import { workSwitches } from './rules-of-work.ts';
import type { Switch } from './switch.ts';

export const switches: readonly Switch[] = [
	...itemSwitches,
	...eventSwitches,
	...landingSwitches,
	...moveSwitches,
	...nodeSwitches,
	...workSwitches,
	...replicaSwitches,
	...peopleSwitches,
];
