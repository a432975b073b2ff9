import DAGModel
import LibXML
import Testing

/// A document with the given content beside a client and a start.
func document(
    _ content: String,
    start: String = "<image name=\"small\"/>",
    client: String = "<client domain=\"d\"/>"
) -> String {
    "<request xmlns=\"urn:vmshop:request:1\">\n\(client)\n<start>\(start)</start>\n\(content)\n</request>"
}

/// A document of actions (one a line, from line 5) and, if given, of edges as `a-b c-d`.
func document(actions: [String], edges: String? = nil) -> String {
    var text = "<actions>\n" + actions.joined(separator: "\n") + "\n</actions>\n"
    if let edges {
        let parts = edges.split(separator: " ").map { $0.split(separator: "-") }
        text +=
            "<edges>\n" + parts.map { "<edge from=\"\($0[0])\" to=\"\($0[1])\"/>" }.joined(separator: "\n")
            + "\n</edges>"
    }
    return document(text)
}

/// An action with a script of its own.
func script(_ id: String, _ inside: String = "") -> String {
    "<action id=\"\(id)\"><script>echo \(id)</script>\(inside)</action>"
}

func parse(_ text: String) throws(RequestError) -> Request {
    try RequestParser().parse(Array(text.utf8))
}

/// What is wrong with a document that must be refused.
func refusal(of text: String, _ location: SourceLocation = #_sourceLocation) -> [RequestDiagnostic] {
    do throws(RequestError) {
        _ = try parse(text)
        Issue.record("accepted", sourceLocation: location)
        return []
    } catch {
        return error.diagnostics
    }
}

/// A document that uses everything there is.
let fullDocument = """
    <?xml version="1.0" encoding="UTF-8"?>
    <request xmlns="urn:vmshop:request:1" name="grid-workspace">
      <client domain="physics.example.org" user="alice"/>
      <lease duration="2h"/>
      <start>
        <image name="small"/>
        <hardware architecture="x86_64" os="linux"><memory>256MiB</memory><cpus> 1 </cpus><disk>1GB</disk></hardware>
      </start>
      <actions>
        <action id="storage" operation="attach-disk" run="host" timeout="5m">
          <parameter name="SIZE">1GiB</parameter>
          <parameter name="SERIAL">data</parameter>
          <output name="serial"/>
        </action>
        <action id="user" operation="user" run="guest" timeout="30s">
          <parameter name="NAME">alice</parameter>
          <parameter name="PASSWORD" secret="yes">hush &amp; quiet</parameter>
          <parameter name="HOME" from="storage.serial"/>
          <on-error><retry times="3" delay="500ms" backoff="1.5"/><continue/></on-error>
        </action>
        <action id="tool" instance="2">
          <script><![CDATA[#!/bin/sh
    if [ 1 < 2 ]; then echo "]]"; fi
    ]]></script>
          <on-error><recover>
            <actions>
              <action id="clean"><script>rm -rf /tmp/x</script></action>
              <action id="report"><parameter name="P" from="storage.serial"/><script>true</script></action>
            </actions>
            <edges><edge from="clean" to="report"/></edges>
          </recover></on-error>
        </action>
        <action id="lone"><script>:</script></action>
      </actions>
      <edges>
        <edge from="start" to="storage"/><edge from="start" to="lone"/>
        <edge from="storage" to="user"/><edge from="user" to="tool"/><edge from="storage" to="tool"/>
        <edge from="storage" to="user"/>
        <edge from="tool" to="finish"/><edge from="lone" to="finish"/>
      </edges>
    </request>
    """
