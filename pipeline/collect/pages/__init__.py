"""Pages: what the answer to a request for an article is, judged without further requests.

`answers` decides whether a response is the article's page. It asks `redirections` where the redirects have led,
`soft_404` whether the page says that it does not exist, and `walls` whether it is shown instead of the article;
`prose` tells news from requests to the reader. `requests` fetches a page and asks for this judgement. `section_pages`
reads the links of front and section pages and tells an article's address from a section's. Start with `answers`.
"""
