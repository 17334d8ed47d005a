// A page with nothing of its own but what the AI SDK needs to talk to an agent: it sends its newest
// message, asks for the stream that is under way, and lets a person answer in the message.

import { useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { useChat } from '@ai-sdk/react';
import { DefaultChatTransport, lastAssistantMessageIsCompleteWithApprovalResponses } from 'ai';

const id = new URLSearchParams(location.search).get('thread');
const THREAD = `/api/agents/onboarding-assistant/threads/${id}`;

const transport = new DefaultChatTransport({
  prepareSendMessagesRequest: ({ messages }) => ({ api: `${THREAD}/messages`, body: { message: messages.at(-1) } }),
  prepareReconnectToStreamRequest: () => ({ api: `${THREAD}/stream` }),
});

function Part({ part, answer }) {
  if (part.type === 'text') return <p>{part.text}</p>;
  if (part.type !== 'dynamic-tool') return null;
  return (
    <p>
      {part.toolName}: {part.state}
      {part.state === 'approval-requested' && (
        <>
          <button onClick={() => answer({ id: part.approval.id, approved: true })}>Approve</button>
          <button onClick={() => answer({ id: part.approval.id, approved: false })}>Deny</button>
        </>
      )}
    </p>
  );
}

function Chat({ said }) {
  const [waiting, setWaiting] = useState();
  const { messages, sendMessage, addToolApprovalResponse, status, error } = useChat({
    id,
    transport,
    messages: said,
    resume: true,
    sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
    onData: (part) => setWaiting(part.data),
  });
  const send = (event) => {
    event.preventDefault();
    sendMessage({ text: event.target.elements.text.value });
    event.target.reset();
  };
  return (
    <main>
      {messages.map((message) => (
        <section key={message.id} className={message.role}>
          {message.parts.map((part, index) => (
            <Part key={index} part={part} answer={addToolApprovalResponse} />
          ))}
        </section>
      ))}
      <form onSubmit={send}>
        <input name="text" />
      </form>
      <output id="status">{status}</output>
      <output id="error">{error?.message}</output>
      <output id="waiting">{waiting?.reason}</output>
      <output id="messages">{JSON.stringify(messages)}</output>
    </main>
  );
}

function Page() {
  const [said, setSaid] = useState();
  useEffect(() => {
    fetch(THREAD)
      .then((answer) => (answer.ok ? answer.json() : { messages: [] }))
      .then((thread) => setSaid(thread.messages));
  }, []);
  return said ? <Chat said={said} /> : null;
}

createRoot(document.getElementById('root')).render(<Page />);
