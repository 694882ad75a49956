// SPDX-License-Identifier: Apache-2.0
import { ActionIcon, CopyButton, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy } from "./icons";
import styles from "./CopyText.module.css";

/** An identifier with a button that copies it; `label` says what is copied. */
export function CopyText({ text, label }: { text: string; label: string }) {
  return (
    <span className={styles.copy}>
      <span className={`mono ${styles.text ?? ""}`}>{text}</span>
      <CopyButton value={text} timeout={1500}>
        {({ copied, copy }) => (
          <Tooltip label={copied ? "Copied" : `Copy the ${label}`} withArrow>
            <ActionIcon
              size="sm"
              variant="subtle"
              color="gray"
              onClick={copy}
              aria-label={copied ? `The ${label} is copied` : `Copy the ${label}`}
            >
              {copied ? <IconCheck size={14} /> : <IconCopy size={14} stroke={1.7} />}
            </ActionIcon>
          </Tooltip>
        )}
      </CopyButton>
    </span>
  );
}
