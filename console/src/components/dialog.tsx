// The browser's own dialog: it keeps the focus inside, closes with Escape and gives the focus back.

import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';

import { t } from '../texts';
import { IconButton } from './button';

export function Dialog({ title, onClose, side, footer, children }: {
  title: ComponentChildren;
  onClose: () => void;
  side?: boolean;
  footer?: ComponentChildren;
  children: ComponentChildren;
}) {
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = box.current;
    const opener = document.activeElement;
    dialog?.showModal();
    return () => {
      dialog?.close();
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);
  return (
    <dialog
      ref={box}
      class={`dialog ${side ? 'side' : ''}`}
      aria-labelledby={id}
      onClose={onClose}
      onClick={(event) => {
        // Beside the box is the backdrop, which is the dialog itself.
        if (event.target === box.current) onClose();
      }}
    >
      <header>
        <h2 id={id} tabIndex={-1} autofocus>{title}</h2>
        <IconButton icon="cross" label={t().states.close} onPress={onClose} />
      </header>
      <div class="body">{children}</div>
      {footer && <footer>{footer}</footer>}
    </dialog>
  );
}
