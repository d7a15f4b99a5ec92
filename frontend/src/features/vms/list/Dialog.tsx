import { Modal } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './Dialog.module.css';

interface Props {
  title: string;
  onClose: () => void;
  children: ReactNode;
  footer: ReactNode;
}

/** A modal that is there as long as it is drawn. */
export function Dialog({ title, onClose, children, footer }: Props) {
  return (
    <Modal
      opened
      onClose={onClose}
      title={title}
      returnFocus={false}
      centered
      transitionProps={{ duration: 0 }}
      classNames={{ title: classes.title ?? '', body: classes.body ?? '', content: classes.content ?? '' }}
      closeButtonProps={{ 'aria-label': 'Close' }}
      overlayProps={{ backgroundOpacity: 0.45 }}
    >
      {children}
      <div className={classes.footer}>{footer}</div>
    </Modal>
  );
}
