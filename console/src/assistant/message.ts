// What is said in a thread, put together from the chunks of its stream (the AI SDK's UI message stream,
// version 1). Nothing here asks for anything.

export interface TextPart {
  type: 'text';
  text: string;
}

export interface ToolPart {
  type: 'dynamic-tool';
  toolName: string;
  toolCallId: string;
  state: 'input-available' | 'approval-requested' | 'approval-responded' | 'output-available' | 'output-error' | 'output-denied';
  input: unknown;
  output?: unknown;
  errorText?: string;
  approval?: { id: string; approved?: boolean };
}

export type Part = TextPart | ToolPart | { type: 'step-start' };

export interface Message {
  id: string;
  role: 'user' | 'assistant';
  parts: Part[];
  metadata?: { how?: string; end?: string };
}

/** What a turn waits for. */
export interface Waits {
  runId: string;
  reason: 'approval_required' | 'connection_required' | 'nothing';
  mode?: string;
  missing?: { connector: string; page: string }[];
}

export type Chunk =
  | { type: 'start'; messageId: string }
  | { type: 'start-step' | 'finish-step' | 'text-start' | 'text-end' | 'abort' }
  | { type: 'text-delta'; delta: string }
  | { type: 'tool-input-available'; toolCallId: string; toolName: string; input: unknown }
  | { type: 'tool-approval-request'; approvalId: string; toolCallId: string }
  | { type: 'tool-approval-response'; approvalId: string; approved: boolean }
  | { type: 'tool-output-available'; toolCallId: string; output: unknown }
  | { type: 'tool-output-error'; toolCallId: string; errorText: string }
  | { type: 'tool-output-denied'; toolCallId: string }
  | { type: 'data-waiting'; data: Waits }
  | { type: 'error'; errorText: string }
  | { type: 'finish'; messageMetadata?: { how?: string; end?: string } };

export const isTool = (part: Part): part is ToolPart => part.type === 'dynamic-tool';

/** The message with what a chunk adds to it. */
export function taken(message: Message, chunk: Chunk): Message {
  const changed = (which: (part: ToolPart) => boolean, by: Partial<ToolPart>): Message => ({
    ...message,
    parts: message.parts.map((part) => (isTool(part) && which(part) ? { ...part, ...by } : part)),
  });
  switch (chunk.type) {
    case 'start-step':
      return { ...message, parts: [...message.parts, { type: 'step-start' }] };
    case 'text-start':
      return { ...message, parts: [...message.parts, { type: 'text', text: '' }] };
    case 'text-delta': {
      const at = message.parts.findLastIndex(({ type }) => type === 'text');
      return { ...message, parts: message.parts.map((part, index) => (index === at && part.type === 'text' ? { ...part, text: part.text + chunk.delta } : part)) };
    }
    case 'tool-input-available':
      return { ...message, parts: [...message.parts, { type: 'dynamic-tool', toolName: chunk.toolName, toolCallId: chunk.toolCallId, state: 'input-available', input: chunk.input }] };
    case 'tool-approval-request':
      return changed(({ toolCallId }) => toolCallId === chunk.toolCallId, { state: 'approval-requested', approval: { id: chunk.approvalId } });
    case 'tool-approval-response':
      return changed(({ approval }) => approval?.id === chunk.approvalId, { state: 'approval-responded', approval: { id: chunk.approvalId, approved: chunk.approved } });
    case 'tool-output-available':
      return changed(({ toolCallId }) => toolCallId === chunk.toolCallId, { state: 'output-available', output: chunk.output });
    case 'tool-output-error':
      return changed(({ toolCallId }) => toolCallId === chunk.toolCallId, { state: 'output-error', errorText: chunk.errorText });
    case 'tool-output-denied':
      return changed(({ toolCallId }) => toolCallId === chunk.toolCallId, { state: 'output-denied' });
    case 'finish':
      return chunk.messageMetadata ? { ...message, metadata: chunk.messageMetadata } : message;
    default:
      return message;
  }
}
