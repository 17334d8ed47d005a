// What a model was asked, read from the outside: of which turn, and for which of its answers. Owns that reading; what
// may be asked is for the judge to say.

/** Where in its turn a question is: the message that began it, and how many answers the model has been told it gave. A
 *  message whose turn has no answer yet is told as one with the next, so the last paragraph is the turn's own. */
export function placed({ messages }) {
  const last = messages.findLastIndex((it) => it.role === 'user');
  const text = messages[last]?.content ?? '';
  const said = messages.slice(last + 1).filter((it) => it.role === 'assistant');
  return { turn: text.split('\n\n').at(-1), step: said.length };
}

/** Which answer of its turn a chunk of a stream shows, if it shows one. */
export function shownIn(chunk) {
  const answer = chunk.type === 'text-delta' ? /^text-(\d+)$/.exec(chunk.id) : null;
  return answer ? Number(answer[1]) : undefined;
}

/** The chunks of a stream of server-sent events, as they come. */
export async function* chunks(body) {
  let text = '';
  for await (const piece of body.pipeThrough(new TextDecoderStream())) {
    text += piece;
    const events = text.split('\n\n');
    text = events.pop();
    for (const event of events) {
      const data = event.split('\n').find((it) => it.startsWith('data: {'));
      if (data) yield JSON.parse(data.slice('data: '.length));
    }
  }
}
