/** Projects in containers on the machines of other members: where each is, what it is asked, who may come in. */
export { followMachines } from './follow-machines.ts';
export { MachineLine } from './machine-line.ts';
export { type AskedThere, OtherMachines } from './other-machines.ts';
export { type Place, Places } from './places.ts';
