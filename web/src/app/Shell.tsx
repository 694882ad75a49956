// SPDX-License-Identifier: Apache-2.0
// The frame of every page: menu (at the side, on a phone at the bottom), what is wrong with weir itself, and the page.
import type { ReactNode } from "react";
import { Link, useLocation } from "react-router";
import { ConnectionBanner } from "../components/ConnectionBanner";
import { Logo } from "../components/Logo";
import { ProblemBanner } from "../components/ProblemBanner";
import { SensorState } from "../components/SensorState";
import { LoginPrompt } from "../components/LoginPrompt";
import { DisplayControls } from "./DisplayControls";
import { DESTINATIONS } from "./navigation";
import styles from "./Shell.module.css";

export function Shell({ children }: { children: ReactNode }) {
  return (
    <div className={styles.frame}>
      <a className={styles.skip} href="#main">
        Skip to the content
      </a>
      <header className={styles.side}>
        <Link to="/" className={styles.brand} aria-label="weir, overview">
          <Logo />
          <span>weir</span>
        </Link>
        <Menu />
        <div className={styles.foot}>
          <SensorState />
          <DisplayControls />
        </div>
      </header>
      <div className={styles.content}>
        <ConnectionBanner />
        <ProblemBanner />
        <main id="main" tabIndex={-1} className={styles.main}>
          {children}
        </main>
      </div>
      <LoginPrompt />
    </div>
  );
}

function Menu() {
  const { pathname } = useLocation();
  return (
    <nav aria-label="Pages" className={styles.menu}>
      {DESTINATIONS.map(({ path, label, icon: Icon, within }) => (
        <Link
          key={path}
          to={path}
          className={styles.item}
          aria-current={within.test(pathname) ? "page" : undefined}
        >
          <Icon size={18} stroke={1.7} aria-hidden />
          <span>{label}</span>
        </Link>
      ))}
    </nav>
  );
}
