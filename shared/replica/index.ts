/** A project where its home is not: what is seen, what people want there, and what became of it. */
export { type Asking, askReplica, type ProjectCall } from './ask-replica.ts';
export { CoverageTeller, type CoverageTellerOptions } from './coverage-teller.ts';
export { followReplica } from './follow-replica.ts';
export { HomeContact, type HomeContactOptions, LinkBook, type Question } from './home-contact.ts';
export type { KeptRefusal } from './kept-refusal.ts';
export { type FollowedItem, followedAtHome, LiveLogs, type LiveLogsOptions, viewOf } from './live-logs.ts';
export { authorNames } from './names.ts';
export { OpenTexts, type OpenTextsOptions } from './open-texts.ts';
export { openers, PresentPeople, present } from './present-people.ts';
export {
	type HomeOfProject,
	ProjectReplica,
	type ReplicaChange,
	type ReplicaOptions,
	type Submitted,
} from './project-replica.ts';
export { homeStanding, refusedWishes, seenItem, seenItems, seenProject, wishOf } from './replica-answers.ts';
export { ReplicaSet, type ReplicaSetOptions } from './replica-set.ts';
export type { ReplicaSeat } from './seat.ts';
export { type Answer, Settlement, type SettlementOptions } from './settlement.ts';
