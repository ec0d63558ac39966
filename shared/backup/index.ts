/** Backup files: packed with hashes, unpacked only when all of them agree. */
export { type Manifest, pack, unpack } from './archive.ts';
