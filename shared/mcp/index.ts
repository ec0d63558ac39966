/** The operations registry as tools of a model: one more rendering of it, over MCP's streamable HTTP. */
export {
	type OperationToolName,
	type OperationToolOptions,
	operationOf,
	operationTool,
	operationToolNames,
	runTool,
} from './operation-tools.ts';
export { serveTools, type ToolExchange } from './serve-tools.ts';
export { answerText, type ServedTool, type ToolSet, toolNamed } from './served-tool.ts';
