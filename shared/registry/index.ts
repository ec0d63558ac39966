/** What the mesh knows of itself: nodes, projects, people, and who may what. Pure. */
export { type ContainerInMesh, nodeOfContainer, removeContainer } from './container-changes.ts';
export type * from './facts.ts';
export {
	drain,
	foundMesh,
	freeName,
	type Joining,
	joinNode,
	members,
	renameNode,
	requireGateway,
	revoke,
	setAddresses,
	undrain,
} from './node-changes.ts';
export { peersOf } from './peers.ts';
export { accessOf, removePerson, seatPerson, setPerson } from './people-changes.ts';
export { addProject, moveHome, projectToChange, removeProject, renameProject } from './project-changes.ts';
export {
	accessAt,
	admissionOf,
	callerFor,
	containerLabel,
	findNode,
	findProject,
	gatewayOf,
	isConfined,
	mayHave,
	maySpeakFor,
	mayWorkFor,
	memberOf,
	type ProjectAccess,
	personOfAuthor,
	rightsOfAuthor,
} from './rights.ts';
export * from './schema.ts';
