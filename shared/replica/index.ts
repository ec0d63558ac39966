/** A project where its home is not: what is seen, what people want there, and what became of it. */
export { authorNames } from './names.ts';
export { OpenTexts, type OpenTextsOptions } from './open-texts.ts';
export {
	type HomeOfProject,
	ProjectReplica,
	type ReplicaChange,
	type ReplicaOptions,
	type Submitted,
} from './project-replica.ts';
export { type Answer, type KeptRefusal, Settlement, type SettlementOptions } from './settlement.ts';
