// SPDX-License-Identifier: Apache-2.0
// Keeps a fault in one part of the page (also: a file that could not be fetched after weir was updated) from taking the
// rest with it.
import { Button } from "@mantine/core";
import { Component, type ReactNode } from "react";
import styles from "./Feedback.module.css";

interface Props {
  /** What fails, as the beginning of a sentence. */
  what: string;
  children: ReactNode;
}

export class Guard extends Component<Props, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <div className={styles.box} role="alert">
        <p className={styles.title}>{this.props.what} cannot be shown</p>
        <p className={styles.text}>That is a fault of the dashboard. Loading it again may help.</p>
        <Button variant="default" size="xs" onClick={() => window.location.reload()}>
          Load again
        </Button>
      </div>
    );
  }
}
