/** Every door that there is, to be held against the sources. */
import { documentDoors } from './document-doors.ts';
import type { Door } from './door.ts';
import { edgeDoors } from './edge-doors.ts';
import { engineDoors } from './engine-doors.ts';
import { gatewayDoors } from './gateway-doors.ts';
import {
	boardCovers,
	boardDoor,
	buildCovers,
	nodeCovers,
	operationDoor,
	rawDoor,
	toolCovers,
	toolDoor,
} from './http-doors.ts';
import { loginDoors } from './login-doors.ts';
import { meshDoors } from './mesh-doors.ts';
import { packDoors } from './pack-doors.ts';
import { pageDoors } from './page-doors.ts';
import { peopleDoor } from './people-doors.ts';
import { programDoors } from './program-doors.ts';
import type { Recorded } from './recorded.ts';
import { ruleDoor } from './rule-doors.ts';
import { settingDoors } from './setting-doors.ts';
import { storeDoors } from './store-doors.ts';
import { wireDoors } from './wire-doors.ts';

/** None: what the doors cover does not depend on what was recorded. */
const nothingRecorded: Recorded = {
	'/gangline/join/1': [],
	'/gangline/sync/1': [],
	'/gangline/rpc/1': [],
	'/gangline/pack/1': [],
	'/gangline/ssh/1': [],
	indexes: [],
};

/** `place`: where the doors of people are. */
export async function allDoors(place: Parameters<typeof settingDoors>[0]): Promise<readonly Door[]> {
	const served = { name: 'nobody', url: 'http://127.0.0.1:1', token: '', log: null, spared: [] };
	return [
		...wireDoors(nothingRecorded),
		...loginDoors,
		...(await documentDoors()),
		...(await meshDoors(nothingRecorded)),
		...(await edgeDoors()),
		...(await programDoors({ path: place.state, write: () => {} })),
		...(await storeDoors(place.state)),
		...(await gatewayDoors(place.state)),
		peopleDoor(),
		...pageDoors,
		...(await packDoors(place.state)),
		ruleDoor(),
		...settingDoors(place),
		operationDoor({ ...served, covers: nodeCovers }),
		toolDoor({ ...served, covers: toolCovers }),
		rawDoor({ ...served, covers: buildCovers }),
		boardDoor({ ...served, covers: boardCovers }, () => 'x'),
		...engineDoors(place.state),
	];
}
