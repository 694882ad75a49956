// SPDX-License-Identifier: Apache-2.0
// What stands where data is not: on its way, none there, or not to be had.
import { Button, Loader } from "@mantine/core";
import { IconCircleCheck, IconPlugConnectedX } from "./icons";
import type { ReactNode } from "react";
import { isUnauthorized } from "../api/client";
import styles from "./Feedback.module.css";

export function Loading({ what }: { what: string }) {
  return (
    <div className={styles.box} role="status">
      <Loader size="sm" />
      <p className="faint">Loading {what} …</p>
    </div>
  );
}

interface EmptyProps {
  title: string;
  children?: ReactNode;
  icon?: ReactNode;
}

export function Empty({ title, children, icon }: EmptyProps) {
  return (
    <div className={styles.box}>
      <span className={styles.calm}>{icon ?? <IconCircleCheck size={28} stroke={1.5} aria-hidden />}</span>
      <p className={styles.title}>{title}</p>
      {children && <p className={styles.text}>{children}</p>}
    </div>
  );
}

export function Failure({ what, error, retry }: { what: string; error: Error; retry: () => unknown }) {
  // The login prompt is already open: no need to say it twice.
  const text = isUnauthorized(error) ? "This weir wants you to log in." : error.message;
  return (
    <div className={styles.box} role="alert">
      <span className={styles.warning}>
        <IconPlugConnectedX size={28} stroke={1.5} aria-hidden />
      </span>
      <p className={styles.title}>Cannot show {what}</p>
      <p className={styles.text}>{text}</p>
      <Button variant="default" size="xs" onClick={() => void retry()}>
        Try again
      </Button>
    </div>
  );
}
