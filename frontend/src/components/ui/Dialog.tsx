import { Modal } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './Dialog.module.css';

interface Props {
  title: string;
  onClose: () => void;
  children: ReactNode;
  footer: ReactNode;
  /** Wider than the usual 440 px where there is much to choose. */
  wide?: boolean;
}

/** A modal that is there as long as it is drawn. */
export function Dialog({ title, onClose, children, footer, wide = false }: Props) {
  return (
    <Modal.Root
      opened
      onClose={onClose}
      returnFocus={false}
      centered
      size={wide ? 640 : 440}
      transitionProps={{ duration: 0 }}
      classNames={{ content: classes.content ?? '' }}
    >
      <Modal.Overlay backgroundOpacity={0.45} />
      <Modal.Content>
        {/* Not Modal.Header: its element would count as a second header of the page. */}
        <div className={classes.head}>
          <Modal.Title className={classes.title}>{title}</Modal.Title>
          <Modal.CloseButton aria-label="Close" />
        </div>
        <Modal.Body className={classes.body}>
          {children}
          <div className={classes.footer}>{footer}</div>
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
