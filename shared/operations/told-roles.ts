/** Who is told something about an item: the roles that work on it, and the one that looks first. */
import { roles } from '../pipeline/table.ts';

export const toldRoles = [...roles.item, 'research'] as const;
