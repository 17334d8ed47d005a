//! Bytes of an answer in, its parts out.

use crate::anthropic::Messages;
use crate::chat::Chat;
use crate::dialect::Dialect;
use crate::events::Events;
use crate::failure::StreamFault;
use crate::part::Part;

/// Longest stream. An answer of the longest kind is well below a megabyte of text, and some providers
/// wrap each word of it in 300 bytes.
pub(crate) const MAX_STREAM_BYTES: usize = 32 * 1024 * 1024;

/// Where a decoder puts what it finds. May refuse a part, which ends the stream.
pub(crate) type Sink<'a> = &'a mut dyn FnMut(Part) -> Result<(), StreamFault>;

/// What reads the events of one dialect.
enum Reader {
    Chat(Chat),
    Messages(Messages),
}

/// Reads the stream of one answer.
pub struct Decoder {
    events: Events,
    reader: Reader,
    bytes: usize,
}

impl Decoder {
    /// For an answer in this dialect.
    pub fn new(dialect: Dialect) -> Self {
        let reader = match dialect {
            Dialect::ChatCompletions => Reader::Chat(Chat::strict()),
            Dialect::WorkersAi => Reader::Chat(Chat::workers_ai()),
            Dialect::AnthropicMessages => Reader::Messages(Messages::default()),
        };
        Self {
            events: Events::default(),
            reader,
            bytes: 0,
        }
    }

    /// Takes more of the stream.
    ///
    /// # Errors
    /// As soon as it is known that this is no answer. Nothing more may be fed then.
    pub fn feed(
        &mut self,
        bytes: &[u8],
        sink: &mut dyn FnMut(Part) -> Result<(), StreamFault>,
    ) -> Result<(), StreamFault> {
        self.bytes = self.bytes.saturating_add(bytes.len());
        if self.bytes > MAX_STREAM_BYTES {
            return Err(StreamFault::TooLarge("the stream"));
        }
        let Self { events, reader, .. } = self;
        events.feed(bytes, |data| match reader {
            Reader::Chat(chat) => chat.event(data, sink),
            Reader::Messages(messages) => messages.event(data, sink),
        })
    }

    /// The stream has ended.
    ///
    /// # Errors
    /// [`StreamFault::Broken`] when its end was not said.
    pub fn finish(
        self,
        sink: &mut dyn FnMut(Part) -> Result<(), StreamFault>,
    ) -> Result<(), StreamFault> {
        match self.reader {
            Reader::Chat(chat) => chat.finish(sink),
            Reader::Messages(messages) => messages.finish(sink),
        }
    }
}
