/** Signed author logs: who wanted what, in an order nobody can change. */
export { AuthorLog, type IntentDraft } from './author-log.ts';
export { canonicalJson, parseJson } from './canonical-json.ts';
export { decodeFlush, fromBase64, type Predecessor, toBase64 } from './flush.ts';
export { aheadMsMax, compareTimes, HybridClock, type HybridTime } from './hybrid-clock.ts';
export { type Identity, identityOf, nodeIdOf, verifySignature } from './identity.ts';
export { loadOrCreateIdentity } from './identity-file.ts';
export { type LogDigest, ProjectLogs, type ProjectLogsOptions, type Received } from './project-logs.ts';
export { type LogEntry, type ParseIntent, readLog, type Verified, type VerifyOptions, verifyFlush } from './verify.ts';
