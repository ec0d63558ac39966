/** Tools of the system for the agents of this node: who gets which, and what of them is asked at a home. */
export { AgentDesk } from './agent-desk.ts';
export type { AgentAnswering, AgentAsk } from './answer-agents.ts';
