//! Texts as vectors, by a server's `/embeddings`, which vLLM, SGLang, llama.cpp, Ollama, LM Studio and hosted gateways have.

use rand::RngExt as _;
use serde::Deserialize;
use serde_json::json;

use super::trouble::Remedy;
use super::{AskError, Client, Inner, Trouble};
use crate::vlm::reply::{self, ServerError};

/// Texts of one request; servers take 32 at least by default, and most take more.
const AT_ONCE: usize = 32;

#[derive(Deserialize)]
struct Embeddings {
    data: Vec<Embedding>,
}

#[derive(Deserialize)]
struct Embedding {
    index: usize,
    embedding: Vec<f32>,
}

impl Client {
    /// A vector for each text, in their order, all of one length.
    ///
    /// # Errors
    /// See [`AskError`]: also where the server answers with other than a vector per text.
    pub async fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, AskError> {
        let inner = &*self.0;
        tokio::select! {
            biased;
            () = inner.stop.stopped() => Err(AskError::Stopped),
            result = inner.embed(texts) => result,
        }
    }
}

impl Inner {
    async fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, AskError> {
        let mut vectors: Vec<Vec<f32>> = Vec::with_capacity(texts.len());
        for batch in texts.chunks(AT_ONCE) {
            vectors.extend(self.embed_batch(batch).await?);
        }
        if vectors.windows(2).any(|pair| pair[0].len() != pair[1].len()) {
            let message = "its vectors are not of one length".to_owned();
            return Err(AskError::Failed {
                trouble: Trouble::Server(ServerError::Other { status: 200, message }),
                tries: 1,
            });
        }
        Ok(vectors)
    }

    async fn embed_batch(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, AskError> {
        let mut tries = 0;
        loop {
            let wire = &self.wires[tries as usize % self.wires.len()];
            let body = json!({ "model": wire.endpoint.model, "input": texts, "encoding_format": "float" });
            let answer = wire.post("/embeddings", "behavior.embed", body.to_string().into_bytes(), &self.limits).await;
            let trouble = match answer.and_then(|(status, text)| read(status, &text, texts.len())) {
                Ok(vectors) => return Ok(vectors),
                Err(trouble) => trouble,
            };
            tries += 1;
            let may_pass = matches!(trouble.remedy(), Remedy::Again | Remedy::AgainOnce | Remedy::Wait);
            if !may_pass || tries >= self.limits.tries {
                return Err(AskError::Failed { trouble, tries });
            }
            tokio::time::sleep(self.limits.wait_after(tries, rand::rng().random())).await;
        }
    }
}

fn read(status: u16, text: &str, count: usize) -> Result<Vec<Vec<f32>>, Trouble> {
    if !(200..300).contains(&status) {
        let error = reply::read(status, text).err();
        let unsaid = || ServerError::Other { status, message: "no embeddings".to_owned() };
        return Err(Trouble::Server(error.unwrap_or_else(unsaid)));
    }
    let odd = |message: &str| Trouble::Server(ServerError::Other { status, message: message.to_owned() });
    let mut found: Embeddings = serde_json::from_str(text)
        .map_err(|_| odd("what it answers are no embeddings; is this an embedding model?"))?;
    found.data.sort_by_key(|it| it.index);
    let is_whole = found.data.len() == count && found.data.iter().enumerate().all(|(at, it)| it.index == at);
    let is_finite =
        found.data.iter().all(|it| !it.embedding.is_empty() && it.embedding.iter().all(|it| it.is_finite()));
    if !is_whole || !is_finite {
        return Err(odd("it does not give each text a vector of numbers"));
    }
    Ok(found.data.into_iter().map(|it| it.embedding).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_come_in_the_order_of_the_texts_or_not_at_all() {
        let answer = r#"{"data": [{"index": 1, "embedding": [0.5]}, {"index": 0, "embedding": [1.5]}], "usage": {}}"#;
        assert_eq!(read(200, answer, 2).unwrap(), [vec![1.5], vec![0.5]]);
        let said = |status, text: &str, count| read(status, text, count).unwrap_err().to_string();
        assert!(said(200, answer, 3).contains("does not give each text"));
        assert!(said(200, r#"{"data": [{"index": 0, "embedding": []}]}"#, 1).contains("does not give each text"));
        assert!(said(200, r#"{"choices": []}"#, 1).contains("no embeddings"));
        assert!(said(401, r#"{"error": "Unauthorized"}"#, 1).contains("refuses the key"));
        assert!(said(503, r#"{"error": {"message": "busy"}}"#, 1).contains("busy"));
    }
}
