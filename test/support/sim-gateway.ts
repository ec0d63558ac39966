/** A gateway of a mesh in one process: its registry and its network twin, on a store in memory. Its owner is `ada`. */
import { openCore } from '../../gateway/open-core.ts';
import { openSimStore, SimClock, SimLog, SimNet, SimRandom } from '../../shared/ports/sim/index.ts';
import { gatewayIdentity } from './registry-facts.ts';

export async function simGateway(seed: string) {
	const clock = new SimClock();
	const random = new SimRandom(seed);
	const net = new SimNet({ clock, random });
	const log = new SimLog();
	const addresses = ['/ip4/10.0.9.1/tcp/7431'];
	const { core } = await openCore({
		...{ identity: gatewayIdentity, store: await openSimStore(), clock, random, log },
		...{ version: '0.1.0', name: 'gateway', owner: 'ada' },
		openNetwork: async (admission) =>
			net.node({ node: gatewayIdentity.nodeId, publicKey: gatewayIdentity.publicKey, addresses, admission }),
	});
	return { clock, random, net, log, addresses, core };
}
