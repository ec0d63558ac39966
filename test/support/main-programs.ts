/**
 * What starts a node or a gateway without the command, for tests that need the process itself: as the command does, the
 * bundle where it was made from these very sources, and otherwise the sources.
 */
import { fileURLToPath } from 'node:url';
import { bundleFits } from '../../gateway/cli/bundle-fits.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const form = bundleFits(root) ? { folder: 'dist/', ending: 'js' } : { folder: '', ending: 'ts' };

export const nodeMain: string = `${root}${form.folder}node/main.${form.ending}`;
export const gatewayMain: string = `${root}${form.folder}gateway/main.${form.ending}`;
