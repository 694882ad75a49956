// SPDX-License-Identifier: Apache-2.0
// Short names for the types that openapi-typescript writes from src/api/openapi.yaml (`npm run generate`).
import type { components, operations } from "./schema.gen";

type Schemas = components["schemas"];

export type Caller = Schemas["Caller"];
export type Detection = Schemas["Detection"];
export type DetectionPage = Schemas["DetectionPage"];
export type DetectionDetail = Schemas["DetectionDetail"];
export type DetectionStatus = Schemas["DetectionStatus"];
export type EndReason = Schemas["EndReason"];
export type FeatureCatalogue = Schemas["FeatureCatalogue"];
export type FeatureValue = Schemas["FeatureValue"];
export type Feedback = Schemas["Feedback"];
export type Host = Schemas["Host"];
export type Incident = Schemas["Incident"];
export type IncidentDetail = Schemas["IncidentDetail"];
export type IncidentPage = Schemas["IncidentPage"];
export type IncidentState = Schemas["IncidentState"];
export type Judgement = Schemas["Judgement"];
export type LossAccount = Schemas["LossAccount"];
export type Model = Schemas["Model"];
export type NewSuppression = Schemas["NewSuppression"];
export type Problem = Schemas["Problem"];
export type Reason = Schemas["Reason"];
export type Severity = Schemas["Severity"];
export type SinkStatus = Schemas["SinkStatus"];
export type Status = Schemas["Status"];
export type Suppression = Schemas["Suppression"];
export type SuppressionList = Schemas["SuppressionList"];
export type SuppressionPreview = Schemas["SuppressionPreview"];
export type SuppressionTrial = Partial<Schemas["SuppressionTrial"]>;
export type Summary = Schemas["Summary"];
export type Throughput = Schemas["Throughput"];
export type ThroughputPoint = Schemas["ThroughputPoint"];

export type DetectionQuery = NonNullable<operations["listDetections"]["parameters"]["query"]>;
export type IncidentQuery = NonNullable<operations["listIncidents"]["parameters"]["query"]>;
export type ThroughputQuery = NonNullable<operations["getThroughput"]["parameters"]["query"]>;
