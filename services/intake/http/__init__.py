"""FHIR R4 over HTTP: resources and Bundles are brought, and answered as FHIR servers answer."""
