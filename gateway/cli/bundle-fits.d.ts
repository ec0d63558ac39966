/** Whether the bundle in a clone's `dist` was made from the sources that are there now. `root`: the folder with package.json. */
export function bundleFits(root: string): boolean;
