/** What a machine that joins fetches: this very program as one archive, the door where it lies, and the line to paste. */
export { type Build, type Builds, createBuilds } from './builds.ts';
export { ownAddresses } from './own-addresses.ts';
export { pasteLine } from './paste-line.ts';
