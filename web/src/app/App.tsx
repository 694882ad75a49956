// SPDX-License-Identifier: Apache-2.0
// Providers around the routes. The first page comes with the first download; the others are fetched when they are asked for.
import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { BrowserRouter, Navigate, Route, Routes, useLocation } from "react-router";
import { createQueryClient } from "../api/queries";
import { Loading } from "../components/Feedback";
import { Guard } from "../components/Guard";
import { OverviewPage } from "../pages/overview/OverviewPage";
import { NotFoundPage } from "../pages/NotFoundPage";
import { LiveProvider } from "./live_context";
import { PreferencesProvider } from "./preferences";
import { Shell } from "./Shell";
import { cssVariables, theme } from "./theme";

const AlertsPage = lazy(() => import("../pages/alerts/AlertsPage"));
const HostPage = lazy(() => import("../pages/hosts/HostPage"));
const IncidentPage = lazy(() => import("../pages/incidents/IncidentPage"));
const IncidentsPage = lazy(() => import("../pages/incidents/IncidentsPage"));
const SuppressionsPage = lazy(() => import("../pages/suppressions/SuppressionsPage"));
const FlowPage = lazy(() => import("../pages/flow/FlowPage"));
const StatusPage = lazy(() => import("../pages/status/StatusPage"));

export function App() {
  const [queryClient] = useState(createQueryClient);
  return (
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
      <QueryClientProvider client={queryClient}>
        <PreferencesProvider>
          <LiveProvider>
            <BrowserRouter>
              <Shell>
                <Pages />
              </Shell>
            </BrowserRouter>
          </LiveProvider>
        </PreferencesProvider>
      </QueryClientProvider>
    </MantineProvider>
  );
}

function Pages() {
  const { pathname } = useLocation();
  return (
    <Guard key={pathname} what="This page">
      <Suspense fallback={<Loading what="the page" />}>
        <PageRoutes />
      </Suspense>
    </Guard>
  );
}

function PageRoutes() {
  return (
    <Routes>
      <Route path="/" element={<OverviewPage />} />
      <Route path="/index.html" element={<Navigate to="/" replace />} />
      <Route path="/incidents" element={<IncidentsPage />} />
      <Route path="/incidents/:id" element={<IncidentPage />} />
      <Route path="/hosts/:address" element={<HostPage />} />
      <Route path="/suppressions" element={<SuppressionsPage />} />
      <Route path="/alerts" element={<AlertsPage />} />
      <Route path="/flows/:flowUid" element={<FlowPage />} />
      <Route path="/status" element={<StatusPage />} />
      <Route path="*" element={<NotFoundPage />} />
    </Routes>
  );
}
