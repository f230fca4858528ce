// Envoy's RateLimitService over the crate `limitador`, counting in memory: what its own server does
// with a request, and no more. The limit is 1,000,000,000 a minute for each remote_address.
use std::collections::HashMap;
use std::sync::Arc;

use envoy_types::pb::envoy::service::ratelimit::v3::{
    rate_limit_response::Code,
    rate_limit_service_server::{RateLimitService, RateLimitServiceServer},
    RateLimitRequest, RateLimitResponse,
};
use limitador::limit::{Context, Limit};
use limitador::RateLimiter;
use tonic::{Request, Response, Status};

struct Service {
    limiter: Arc<RateLimiter>,
}

#[tonic::async_trait]
impl RateLimitService for Service {
    async fn should_rate_limit(
        &self,
        request: Request<RateLimitRequest>,
    ) -> Result<Response<RateLimitResponse>, Status> {
        let request = request.into_inner();
        let descriptors: Vec<HashMap<String, String>> = request
            .descriptors
            .into_iter()
            .map(|one| one.entries.into_iter().map(|entry| (entry.key, entry.value)).collect())
            .collect();
        let mut context = Context::default();
        context.list_binding("descriptors".to_string(), descriptors);
        let checked = self
            .limiter
            .check_rate_limited_and_update(
                &request.domain.into(),
                &context,
                u64::from(request.hits_addend.max(1)),
                false,
            )
            .map_err(|error| Status::unavailable(error.to_string()))?;
        let code = if checked.limited { Code::OverLimit } else { Code::Ok };
        Ok(Response::new(RateLimitResponse {
            overall_code: code.into(),
            ..Default::default()
        }))
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).ok_or("usage: limitador-bench ADDRESS:PORT")?.parse()?;
    let limiter = RateLimiter::new(2_000_000);
    limiter.add_limit(Limit::new(
        "bench",
        1_000_000_000,
        60,
        Vec::new(),
        vec!["descriptors[0].remote_address".try_into()?],
    ));
    // As many threads as the others have.
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?
        .block_on(
            tonic::transport::Server::builder()
                .add_service(RateLimitServiceServer::new(Service { limiter: Arc::new(limiter) }))
                .serve(address),
        )?;
    Ok(())
}
