//! ONNX files for the tests, small enough to be written field by field: a protobuf field is its number, its kind, its value.

/// A side of a shape: fixed, or a name for one that is open.
#[derive(Clone, Copy)]
pub(crate) enum Side {
    Fixed(u64),
    Open(&'static str),
}

/// What a network does; each node takes what the one before gives.
#[derive(Clone)]
pub(crate) enum Node {
    /// All numbers in a row.
    Flatten,
    /// The mean of each channel.
    AveragePool,
    /// A mixture of the channels at each pixel: weights by output, then input.
    Mix(Vec<Vec<f32>>),
    /// One that no runtime knows.
    Unheard,
}

/// `N×3×H×W` or the like, of an open batch.
pub(crate) fn batch_of(sides: [u64; 3]) -> Vec<Side> {
    [Side::Open("batch")].into_iter().chain(sides.map(Side::Fixed)).collect()
}

/// A network of one input and a chain of nodes.
pub(crate) fn network(input: &[Side], nodes: &[Node]) -> Vec<u8> {
    network_of_kind(1, input, nodes)
}

/// The same for numbers of a kind: 1 is F32, 2 is U8.
pub(crate) fn network_of_kind(kind: u64, input: &[Side], nodes: &[Node]) -> Vec<u8> {
    let mut graph = Vec::new();
    for (at, node) in nodes.iter().enumerate() {
        graph.extend(message(1, &node_fields(at, node)));
    }
    graph.extend(text(2, "graph"));
    for (at, node) in nodes.iter().enumerate() {
        if let Node::Mix(weights) = node {
            graph.extend(message(5, &weight_fields(at, weights)));
        }
    }
    graph.extend(message(11, &value_fields("value0", kind, Some(input))));
    graph.extend(message(12, &value_fields(&format!("value{}", nodes.len()), kind, None)));
    let opset = message(8, &number(2, 13));
    [number(1, 8), message(7, &graph), opset].concat()
}

fn node_fields(at: usize, node: &Node) -> Vec<u8> {
    let operator = match node {
        Node::Flatten => "Flatten",
        Node::AveragePool => "GlobalAveragePool",
        Node::Mix(_) => "Conv",
        Node::Unheard => "Unheard",
    };
    let mut fields = text(1, &format!("value{at}"));
    if let Node::Mix(_) = node {
        fields.extend(text(1, &format!("weights{at}")));
    }
    [fields, text(2, &format!("value{}", at + 1)), text(4, operator)].concat()
}

fn weight_fields(at: usize, weights: &[Vec<f32>]) -> Vec<u8> {
    let shape = [weights.len(), weights[0].len(), 1, 1];
    let values: Vec<u8> = weights.iter().flatten().flat_map(|value| value.to_le_bytes()).collect();
    let dims: Vec<u8> = shape.iter().flat_map(|side| number(1, *side as u64)).collect();
    [dims, number(2, 1), text(8, &format!("weights{at}")), message(9, &values)].concat()
}

fn value_fields(name: &str, kind: u64, shape: Option<&[Side]>) -> Vec<u8> {
    let side = |side: &Side| match side {
        Side::Fixed(side) => message(1, &number(1, *side)),
        Side::Open(name) => message(1, &text(2, name)),
    };
    let shape = shape.map(|sides| message(2, &sides.iter().flat_map(side).collect::<Vec<u8>>()));
    let tensor = [number(1, kind), shape.unwrap_or_default()].concat();
    [text(1, name), message(2, &message(1, &tensor))].concat()
}

fn number(field: u64, value: u64) -> Vec<u8> {
    [varint(field << 3), varint(value)].concat()
}

fn message(field: u64, bytes: &[u8]) -> Vec<u8> {
    [varint(field << 3 | 2), varint(bytes.len() as u64), bytes.to_vec()].concat()
}

fn text(field: u64, words: &str) -> Vec<u8> {
    message(field, words.as_bytes())
}

/// Seven bits a byte, the lowest first; the eighth says that more follow.
fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}
