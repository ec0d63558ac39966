/** Every switch. Those who judge the suite keep others, which are not here: what counts are classes, not this list. */
import { itemSwitches } from './rules-of-items.ts';
import { landingSwitches } from './rules-of-landing.ts';
import { nodeSwitches } from './rules-of-nodes.ts';
import { replicaSwitches } from './rules-of-replicas.ts';
import type { Switch } from './switch.ts';

export const switches: readonly Switch[] = [...itemSwitches, ...landingSwitches, ...nodeSwitches, ...replicaSwitches];
